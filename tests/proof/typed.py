"""Which prompts an agent was shown and did not take, beyond what the end of its session explains."""

from collections.abc import Mapping, Sequence


def lost(
    asked: Mapping[str, bool | None], taken: Mapping[str, str], sessions: Sequence[tuple[str, bool]]
) -> list[str]:
    """Return the prompts that nothing explains.

    A session that ended explains one prompt at most, and only one that came after all that it took: who ends
    between showing a text and writing down that it was taken can have shown the last of them only.

    Args:
        asked: the prompts of one agent in their order; True where its terminal showed that it was taken.
        taken: the session that took each.
        sessions: the ids of all sessions of the agent, oldest first, and whether each has ended.
    """
    places = {session: n for n, (session, _) in enumerate(sessions)}
    at = [(token, places.get(taken.get(token, ""))) for token in asked]
    found, used = [], set[int]()
    for n, (token, place) in enumerate(at):
        if place is not None or token in taken or not asked[token]:
            continue
        first = max((there for _, there in at[:n] if there is not None), default=0)
        last = min((there for _, there in at[n + 1 :] if there is not None), default=len(sessions))
        free = [m for m in range(first, last) if sessions[m][1] and m not in used]
        if free:
            used.add(free[0])
        else:
            found.append(token)
    return found
