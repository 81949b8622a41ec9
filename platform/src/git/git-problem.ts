/**
 * What git's words mean for the person who asked for the deployment. Git is run with LC_ALL=C, so the words are known;
 * what is not known is passed on as unavailable, in git's own words.
 */
import { AppError, type ErrorKind } from '../errors/app-error.js';

interface Meaning {
  readonly words: RegExp;
  readonly kind: ErrorKind;
  readonly code: string;
  readonly field: 'repo_url' | 'ref' | 'credential';
  readonly message: string;
  readonly mend: string;
}
/** The first that matches counts: a refused login is also an end of the connection. */
const MEANINGS: readonly Meaning[] = [
  {
    words:
      /could not read (?:Username|Password)|Authentication failed|Permission denied|returned error: 40[13]|Invalid username or|terminal prompts disabled|Access denied|HTTP Basic/i,
    kind: 'invalid',
    code: 'repo_auth_failed',
    field: 'credential',
    message: 'the Git host did not let us in',
    mend: 'Name a secret of type git_token or ssh_key that may read the repository (and check that the address is right)',
  },
  {
    words:
      /couldn't find remote ref|not our ref|unknown revision|bad revision|Needed a single revision|no such remote ref/i,
    kind: 'invalid',
    code: 'ref_not_found',
    field: 'ref',
    message: 'the repository has no such branch, tag or commit',
    mend: 'Check the spelling, and that the commit was pushed',
  },
  {
    words:
      /repository .*not found|does not appear to be a git repository|is this a git repository|not a git repository|No such file or directory|does not exist|returned error: 404|unexpected HTTP|invalid server response|protocol error|unable to update url base from redirection/i,
    kind: 'invalid',
    code: 'repo_not_found',
    field: 'repo_url',
    message: 'there is no Git repository at this address',
    mend: 'Give the address that git clone takes, without redirects',
  },
  {
    words: /transport '.*' not allowed/i,
    kind: 'invalid',
    code: 'repo_url_refused',
    field: 'repo_url',
    message: 'the repository leads to a transport that is not taken',
    mend: 'Use https or ssh',
  },
];

export function gitProblem(words: string, url: string, ref: string | undefined): AppError {
  const said = words
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => /^(?:fatal|error|remote|ssh|git@|.*: Permission denied)/i.test(line))
    .join('; ')
    .slice(0, 600);
  const meaning = MEANINGS.find((candidate) => candidate.words.test(words));
  const subject = ref === undefined ? url : `${url} (${ref})`;
  if (meaning === undefined)
    return new AppError(
      'unavailable',
      'repo_unreachable',
      `${subject} cannot be read: ${said || words.slice(0, 300)}`,
      {
        fields: [
          {
            field: 'source.repo_url',
            message: 'the Git host cannot be reached',
            mend: 'Check the address, and that the host is up; then deploy again',
          },
        ],
      },
    );
  return new AppError(meaning.kind, meaning.code, `${subject}: ${meaning.message} (git: ${said})`, {
    fields: [{ field: `source.${meaning.field}`, message: meaning.message, mend: meaning.mend }],
  });
}
