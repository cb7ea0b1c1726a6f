/** "Did you mean …?" for misspelt names. */

/**
 * The known name that was most likely meant: the nearest within two edits, else one that contains
 * the name or is contained in it.
 */
export function closest(name: string, names: readonly string[]): string | undefined {
  const key = name.toLowerCase();
  const ranked = names
    .map((known) => ({ known, edits: editDistance(key, known.toLowerCase()) }))
    .toSorted((a, b) => a.edits - b.edits);
  const near = ranked.find((candidate) => candidate.edits <= Math.min(2, key.length - 1));
  return (near ?? ranked.find(({ known }) => overlaps(key, known.toLowerCase())))?.known;
}

function overlaps(a: string, b: string): boolean {
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  return short.length >= 3 && long.includes(short);
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
