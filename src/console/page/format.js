/** Numbers and times as people read them. */

export function money(usd) {
  return usd === null || usd === undefined ? 'not known' : `$${usd.toFixed(4)}`;
}

export function percent(share) {
  return share === null ? '–' : `${(share * 100).toFixed(1)} %`;
}

export function seconds(ms) {
  return `${(ms / 1000).toFixed(2)} s`;
}

export function ago(iso) {
  if (!iso) return '–';
  const since = Math.max(0, (Date.now() - Date.parse(iso)) / 1000);
  if (since < 90) return `${Math.round(since)} s ago`;
  if (since < 5400) return `${Math.round(since / 60)} min ago`;
  if (since < 129_600) return `${Math.round(since / 3600)} h ago`;
  return `${Math.round(since / 86_400)} d ago`;
}

/** A moment, to the second. */
export function moment(iso) {
  return iso ? new Date(iso).toLocaleString() : '–';
}

export function clock(iso) {
  return iso ? new Date(iso).toLocaleTimeString() : '–';
}

/** Ids of one day begin alike. */
export function shortId(id) {
  return `…${id.slice(-8)}`;
}
