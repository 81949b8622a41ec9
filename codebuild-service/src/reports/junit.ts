/** JUnit XML, in the dialects that Surefire, pytest, Jest, Go and Mocha write: suites may be nested, counts are counted here. */
import type { TestCaseView } from '@aws-deployer/platform/contracts/builds';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { attribute, children, numberOf, parseXml, textOf, type XmlElement } from './xml-document.js';

const LONGEST_MESSAGE = 4_000;

/** Throws AppError invalid/`xml_malformed` or `report_invalid`. */
export function parseJUnit(text: string): TestCaseView[] {
  const document = parseXml(text);
  const suites = [...children(document, 'testsuites'), ...children(document, 'testsuite')];
  if (suites.length === 0)
    throw new AppError('invalid', 'report_invalid', 'there is neither <testsuites> nor <testsuite> in it');
  return suites.flatMap((suite) => casesOf(suite, ''));
}

function casesOf(suite: XmlElement, outer: string): TestCaseView[] {
  const name = attribute(suite, 'name') ?? outer;
  return [
    ...children(suite, 'testcase').map((one) => caseOf(one, name)),
    ...children(suite, 'testsuite').flatMap((inner) => casesOf(inner, name)),
  ];
}

function caseOf(one: XmlElement, suite: string): TestCaseView {
  const [failure] = children(one, 'failure');
  const [error] = children(one, 'error');
  const [skip] = children(one, 'skipped');
  const told = failure ?? error ?? skip;
  return {
    suite: attribute(one, 'classname') ?? suite,
    name: attribute(one, 'name') ?? '(without a name)',
    outcome: failure ? 'failed' : error ? 'errored' : skip ? 'skipped' : 'passed',
    seconds: numberOf(one, 'time') ?? null,
    message: told === undefined ? null : messageOf(told),
  };
}

/** The attribute is the short word, the text the whole trace, which often begins with the same. */
function messageOf(told: XmlElement): string | null {
  const short = attribute(told, 'message')?.trim() ?? '';
  const long = textOf(told).trim();
  const message = long.includes(short) ? long : short === '' ? long : `${short}\n${long}`.trim();
  return message === '' ? null : message.slice(0, LONGEST_MESSAGE);
}
