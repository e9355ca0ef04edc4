"""Many coding agents at once in true isolation, from one committed file.

Read the tree from the bottom up; a module may import only from the layers below its own:

    faces/     how it is seen           cli, multiplexer, web, and the client of the daemon
    runtime/   making it so             git, ptys, processes, the daemon
    ravi/      who an agent is          the Ravi client and the embedded provider
    agents/    how each kind is started
    plan/      what must happen         pure: desired + observed -> actions
    term/      what a terminal shows    pure: bytes -> cells and events
    spec/      what is wanted           pure: text -> values
    durable    what must survive       SQLite files that keep what they took
    backups    what was before         the copy of a SQLite file that an upgrade changes
    soundness  what is whole           a SQLite file and its log, before and as it is opened
    demo/      what it can look like   scripts of four services and four agents
    connections who may hold a line     few at once, and none for ever
    failpoints where it may die        by name, so that tests can try each place
    errors     what can go wrong, and what the reader should do
    space      how full a disk is       for errors that tell of a full one
"""

__version__ = "0.1.0"
