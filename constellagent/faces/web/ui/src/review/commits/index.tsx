/** The commits. */
export function CommitsTab({ agent }: { constellation: string; agent: string }) { return <p>{agent}</p>; }
