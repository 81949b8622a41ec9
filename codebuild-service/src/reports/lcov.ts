/** lcov tracefiles: `SF:` begins a file, `DA:line,hits` and `BRDA:line,block,branch,taken` are its lines and branches. */
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { LineCoverage } from './line-coverage.js';

/** Adds what the text says to `into`. Throws AppError invalid/`report_invalid`. */
export function readLcov(text: string, into: LineCoverage): void {
  let file: string | undefined;
  let files = 0;
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    const colon = line.indexOf(':');
    const tag = colon === -1 ? line : line.slice(0, colon);
    const rest = line.slice(colon + 1);
    if (tag === 'SF') {
      file = rest;
      files += 1;
    } else if (tag === 'end_of_record') file = undefined;
    else if (tag === 'DA' || tag === 'BRDA') {
      const [number, second, third, fourth] = rest.split(',');
      if (file === undefined || !/^\d+$/.test(number ?? ''))
        throw new AppError(
          'invalid',
          'report_invalid',
          `line ${String(index + 1)}: '${line.slice(0, 80)}' stands in no file`,
        );
      if (tag === 'DA') into.line(file, Number(number), Number(second) || 0);
      else {
        const taken = Number(fourth) > 0 ? 1 : 0; // `-`: the line was never reached
        into.branch(file, `${number ?? ''},${second ?? ''},${third ?? ''}`, { taken, total: 1 });
      }
    }
  }
  if (files === 0) throw new AppError('invalid', 'report_invalid', 'there is no SF: line in it');
}
