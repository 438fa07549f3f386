/** `4.0s`, `2m30s`, `1h05m`. */
export function formatSeconds(seconds: number): string {
  if (Math.round(seconds * 10) < 600) return `${(Math.round(seconds * 10) / 10).toFixed(1)}s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)}m${pad(whole % 60)}s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)}h${pad(minutes % 60)}m`;
}

/** `$1.20`; small amounts keep four digits; null is `unpriced`, which is not the same as free. */
export function formatUsd(usd: number | null): string {
  if (usd === null) return "unpriced";
  return `$${usd.toFixed(usd !== 0 && Math.abs(usd) < 0.01 ? 4 : 2)}`;
}

const pad = (value: number): string => String(value).padStart(2, "0");
