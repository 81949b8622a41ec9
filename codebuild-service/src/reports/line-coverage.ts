/** Which lines and branches of a source file were run; reports of several test runs are laid over one another. */
import type { FileCoverageView } from '@aws-deployer/platform/contracts/builds';

export interface BranchHits {
  readonly taken: number;
  readonly total: number;
}
/** By file and line: hits; by file and line: branches. */
export class LineCoverage {
  readonly #files = new Map<
    string,
    { readonly lines: Map<number, number>; readonly branches: Map<string, BranchHits> }
  >();

  line(file: string, line: number, hits: number): void {
    const { lines } = this.#file(file);
    lines.set(line, Math.max(lines.get(line) ?? 0, hits));
  }

  /** `key` tells the branches of one file apart: a line, or line, block and number. */
  branch(file: string, key: string, { taken, total }: BranchHits): void {
    const { branches } = this.#file(file);
    const before = branches.get(key);
    branches.set(key, { taken: Math.max(before?.taken ?? 0, taken), total: Math.max(before?.total ?? 0, total) });
  }

  /** Least covered first. */
  files(): FileCoverageView[] {
    const share = (file: FileCoverageView): number => (file.lines === 0 ? 1 : file.lines_covered / file.lines);
    return [...this.#files]
      .map(([file, { lines, branches }]) => ({
        file,
        lines: lines.size,
        lines_covered: [...lines.values()].filter((hits) => hits > 0).length,
        branches: sum([...branches.values()].map(({ total }) => total)),
        branches_covered: sum([...branches.values()].map(({ taken }) => taken)),
      }))
      .sort((a, b) => share(a) - share(b) || a.file.localeCompare(b.file));
  }

  #file(name: string) {
    const known = this.#files.get(name);
    if (known) return known;
    const fresh = { lines: new Map<number, number>(), branches: new Map<string, BranchHits>() };
    this.#files.set(name, fresh);
    return fresh;
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
