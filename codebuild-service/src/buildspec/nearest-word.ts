/** The word that a person most likely meant: one of `known` at most a third of its letters away (swapped neighbours count once). */
export function nearestWord(written: string, known: readonly string[]): string | undefined {
  const plain = fold(written);
  let best: { readonly word: string; readonly distance: number } | undefined;
  for (const word of known) {
    const distance = editDistance(plain, fold(word));
    if (distance <= Math.max(1, Math.floor(word.length / 3)) && (best === undefined || distance < best.distance))
      best = { word, distance };
  }
  return best?.word;
}

/** Case and the choice between `-`, `_` and nothing are the most common slips: they cost nothing. */
const fold = (word: string): string => word.slice(0, 100).toLowerCase().replace(/[-_ ]/g, '');

function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      next[j] = Math.min(
        (row[j] ?? 0) + 1,
        (next[j - 1] ?? 0) + 1,
        (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1),
        swapped ? (before[j - 2] ?? 0) + 1 : Infinity,
      );
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? 0;
}
