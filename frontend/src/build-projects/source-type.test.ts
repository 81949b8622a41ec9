import { expect, test } from 'vitest';
import { nameFromSource, sourceTypeOf } from './source-type.js';

test('an address tells its kind', () => {
  const kinds = {
    'https://github.com/acme/shop.git': 'github',
    'git@github.com:acme/shop.git': 'github',
    'https://github.acme.corp/team/shop': 'github_enterprise',
    'https://gitlab.com/acme/shop': 'gitlab',
    'https://gitlab.acme.corp/shop.git': 'gitlab',
    'https://me@bitbucket.org/acme/shop.git': 'bitbucket',
    'https://git-codecommit.eu-central-1.amazonaws.com/v1/repos/shop': 'codecommit',
    's3://sources/shop.zip': 's3',
    'sources/team/shop.zip': 's3',
    'arn:aws:s3:::sources/shop.zip': 's3',
    'file:///srv/git/shop.git': 'git',
    'ssh://git@code.acme.corp:2222/shop.git': 'git',
    'http://127.0.0.1:3000/shop.git': 'git',
  };
  expect(Object.fromEntries(Object.keys(kinds).map((address) => [address, sourceTypeOf(address)]))).toEqual(kinds);
  expect(['', '  ', 'shop', 'https:/'].map(sourceTypeOf)).toEqual([null, null, null, null]);
});

test('an address gives a name that may be one', () => {
  const names = ['https://github.com/acme/My.Shop.git', 'sources/shop.zip', 'git@host:team/api', ''].map(
    nameFromSource,
  );
  expect(names).toEqual(['My-Shop', 'shop', 'api', '']);
});
