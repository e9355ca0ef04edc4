/** Times and counts in words, short and steady in width. Times are epoch seconds unless said otherwise. */

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Returns a span of seconds in one or two units: `4s`, `12m`, `3h 05m`, `2d 4h`. */
export function span(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < MINUTE) return `${whole}s`;
  if (whole < HOUR) return `${Math.floor(whole / MINUTE)}m`;
  if (whole < DAY) {
    const minutes = Math.floor((whole % HOUR) / MINUTE);
    return `${Math.floor(whole / HOUR)}h ${String(minutes).padStart(2, "0")}m`;
  }
  return `${Math.floor(whole / DAY)}d ${Math.floor((whole % DAY) / HOUR)}h`;
}

/** Returns how long a run took, with tenths where it was short. */
export function duration(seconds: number): string {
  return seconds < 10 ? `${seconds.toFixed(1)}s` : seconds < 600 ? minutes(seconds) : span(seconds);
}

function minutes(seconds: number): string {
  const whole = Math.round(seconds);
  return whole < MINUTE
    ? `${whole}s`
    : `${Math.floor(whole / MINUTE)}m ${String(whole % MINUTE).padStart(2, "0")}s`;
}

/** Returns the epoch seconds of a text in RFC 3339, NaN where it is none. */
export function epoch(text: string): number {
  return Date.parse(text.replace(" UTC", "Z").replace(" ", "T")) / 1000;
}

/** Returns a clock time of today, or the date too where it is another day. */
export function clock(at: number, now: number): string {
  if (!Number.isFinite(at)) return "";
  const date = new Date(at * 1000);
  const time = date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  if (date.toDateString() === new Date(now * 1000).toDateString()) return time;
  return `${date.toLocaleDateString([], { day: "numeric", month: "short" })} ${time}`;
}

/** Returns the whole time for a tooltip, in the zone of this machine: `2026-01-31 09:00:00`. */
export function exact(at: number): string {
  if (!Number.isFinite(at)) return "";
  const date = new Date(at * 1000);
  const two = (part: number) => String(part).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** Returns a count with its noun: `1 agent`, `3 agents`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}
