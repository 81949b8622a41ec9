import { quantityOf } from '@aws-deployer/platform/kubernetes/quantity';

/**
 * Quantities written as Kubernetes writes them back: the largest suffix that leaves a whole number, in the family
 * (1024 or 1000) of the quantity they came from. Amounts are numbers as `quantityOf` reads them. Pure.
 */
const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'] as const;
const DECIMAL = ['', 'k', 'M', 'G', 'T', 'P', 'E'] as const;

const isBinary = (like: string): boolean => /[KMGTPE]i$/.test(like);

/** `like` gives the family; without one it is the thousands. */
export const formatQuantity = (amount: number, like = ''): string => {
  if (amount === 0) return '0';
  if (!Number.isInteger(amount)) return `${String(Math.ceil(amount * 1000 - 1e-6))}m`;
  const [base, suffixes] = isBinary(like) ? ([1024, BINARY] as const) : ([1000, DECIMAL] as const);
  let left = amount;
  let power = 0;
  while (left % base === 0 && power < suffixes.length - 1) {
    left /= base;
    power += 1;
  }
  return `${String(left)}${suffixes[power] ?? ''}`;
};

/** A sum that remembers the family of its parts, as Go's Quantity does: the first part that is not zero gives it. */
export class QuantitySum {
  #amount = 0;
  #like = '';

  add(quantity: string | number | undefined): this {
    const amount = quantityOf(quantity) ?? 0;
    if (this.#amount === 0 && amount !== 0) this.#like = String(quantity);
    this.#amount += amount;
    // Thousandths are exact; what floating point adds to them is not.
    this.#amount = Math.round(this.#amount * 1e6) / 1e6;
    return this;
  }

  get amount(): number {
    return this.#amount;
  }

  toString(): string {
    return formatQuantity(this.#amount, this.#like);
  }
}
