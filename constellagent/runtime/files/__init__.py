"""Files of a worktree, reached by directory handles: read, decoded, and saved so that nothing is lost.

    paths.checked(path) -> parts                     refuses what is never answered or written
    reading.read(root, path) -> Found                what is there: kind, mode, size, version, content
    reading.version_of(mode, content) -> version     the same for content that comes from git
    text.decode(content) -> Decoded | None           text, encoding, line ends; None for binary
    text.encode(text, encoding, eol) -> bytes        exactly back
    asides.sweep(folder)                             what a death left of a save or removal
    writing.save(root, path, content, version)       atomic; a file that changed underneath stays
    writing.remove(root, path, version)              the same for taking a file away

All of them block on the disk (but for `paths` and `text`, which compute): call them in a thread.
"""
