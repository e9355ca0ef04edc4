/** What is changed and not committed yet. */
export function ChangesTab({ agent }: { constellation: string; agent: string }) { return <p>{agent}</p>; }
