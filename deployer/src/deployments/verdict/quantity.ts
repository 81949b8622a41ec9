/** Kubernetes quantities (`100m`, `64Mi`) as plain numbers: pure. */
const FACTOR: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** NaN for what is no quantity. */
export const quantityOf = (text: string): number => {
  const parts = /^([+-]?[0-9.]+(?:e[+-]?[0-9]+)?)([A-Za-z]*)$/.exec(text.trim());
  return Number(parts?.[1]) * (FACTOR[parts?.[2] ?? ''] ?? Number.NaN);
};
