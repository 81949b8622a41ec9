/** Cobertura XML: classes of packages, each with its file and its lines. Lines of the methods are in the class's list again. */
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { LineCoverage } from './line-coverage.js';
import { attribute, children, numberOf, parseXml } from './xml-document.js';

/** `50% (1/2)` */
const CONDITION = /\((\d+)\/(\d+)\)/;

/** Adds what the text says to `into`. Throws AppError invalid/`xml_malformed` or `report_invalid`. */
export function readCobertura(text: string, into: LineCoverage): void {
  const [coverage] = children(parseXml(text), 'coverage');
  if (coverage === undefined) throw new AppError('invalid', 'report_invalid', 'there is no <coverage> in it');
  const classes = children(coverage, 'packages')
    .flatMap((list) => children(list, 'package'))
    .flatMap((one) => children(one, 'classes'))
    .flatMap((list) => children(list, 'class'));
  for (const one of classes) {
    const file = attribute(one, 'filename') ?? attribute(one, 'name') ?? '(without a name)';
    for (const line of children(one, 'lines').flatMap((list) => children(list, 'line'))) {
      const number = numberOf(line, 'number');
      if (number === undefined) continue;
      into.line(file, number, numberOf(line, 'hits') ?? 0);
      const [, taken, total] = CONDITION.exec(attribute(line, 'condition-coverage') ?? '') ?? [];
      if (total !== undefined) into.branch(file, String(number), { taken: Number(taken), total: Number(total) });
    }
  }
}
