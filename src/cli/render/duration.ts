/** `0.4s`, `41s`, `1m48s`, `2h05m`: as short as it can be read. */
export function duration(ms: number): string {
  if (ms < 10_000) return `${(Math.max(0, ms) / 1000).toFixed(1)}s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m${pad(seconds % 60)}s`;
  return `${Math.floor(minutes / 60)}h${pad(minutes % 60)}m`;
}

/** `01:48.2`: elapsed time at the head of a line, so that lines align. */
export function stamp(ms: number): string {
  const tenths = Math.floor(Math.max(0, ms) / 100);
  const seconds = Math.floor(tenths / 10);
  return `${pad(Math.floor(seconds / 60))}:${pad(seconds % 60)}.${tenths % 10}`;
}

/** `about 7 minutes`, for forecasts. */
export function aboutMinutes(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 1) return 'under a minute';
  return minutes === 1 ? 'about a minute' : `about ${minutes} minutes`;
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}
