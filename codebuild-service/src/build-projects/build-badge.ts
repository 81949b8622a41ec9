/** The badge of a project: a small picture of its newest build's status, for a README. Pure. */
import type { BuildStatus } from '@aws-deployer/platform/contracts/builds';

const GREEN = '#2f7d32';
const RED = '#b3261e';
const AMBER = '#8a5a00';
const BLUE = '#1c5fa8';
const GREY = '#5f6368';

const SAID: Readonly<Record<BuildStatus, readonly [string, string]>> = {
  queued: ['queued', BLUE],
  starting: ['running', BLUE],
  in_progress: ['running', BLUE],
  succeeded: ['passing', GREEN],
  failed: ['failing', RED],
  fault: ['fault', RED],
  timed_out: ['timed out', RED],
  stopped: ['stopped', AMBER],
};

/** `status` null: no build yet. */
export function badgeSvg(status: BuildStatus | null): string {
  const [word, colour] = status === null ? ['no builds', GREY] : SAID[status];
  const left = widthOf('build');
  const right = widthOf(word);
  const width = left + right;
  const text = (at: number, what: string): string =>
    `<text x="${String(at)}" y="14" text-anchor="middle">${what}</text>`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${String(width)}" height="20" role="img" aria-label="build: ${word}">`,
    `<title>build: ${word}</title>`,
    `<clipPath id="r"><rect width="${String(width)}" height="20" rx="3" fill="#fff"/></clipPath>`,
    `<g clip-path="url(#r)"><rect width="${String(left)}" height="20" fill="#3c4043"/>`,
    `<rect x="${String(left)}" width="${String(right)}" height="20" fill="${colour}"/></g>`,
    `<g fill="#fff" font-family="Verdana,Geneva,DejaVu Sans,sans-serif" font-size="11">`,
    text(left / 2, 'build'),
    text(left + right / 2, word),
    '</g></svg>',
  ].join('');
}

/** Pixels of a word in 11-pixel Verdana, near enough, with its margins. */
const widthOf = (word: string): number => Math.round(word.length * 6.8) + 12;
