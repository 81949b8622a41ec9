/** The report formats of a buildspec, and which of them are read here. The others are kept on AWS's own page. */
export const TEST_FORMATS = ['JUNITXML'] as const;
export const COVERAGE_FORMATS = ['COBERTURAXML', 'LCOV'] as const;
/** What CodeBuild reads beyond that; LCOV is ours. */
export const OTHER_FORMATS = [
  'NUNITXML',
  'NUNIT3XML',
  'CUCUMBERJSON',
  'TESTNGXML',
  'VISUALSTUDIOTRX',
  'CLOVERXML',
  'JACOCOXML',
  'SIMPLECOV',
] as const;
export type ReadFormat = (typeof TEST_FORMATS)[number] | (typeof COVERAGE_FORMATS)[number];
/** A buildspec without `file-format` means JUnit. */
export const DEFAULT_FORMAT: ReadFormat = 'JUNITXML';

export const isTestFormat = (format: string): boolean => TEST_FORMATS.some((known) => known === format);
export const isCoverageFormat = (format: string): boolean => COVERAGE_FORMATS.some((known) => known === format);
