import { expect, test } from 'vitest';
import { filePattern, rootsOf } from './file-patterns.js';

test.each([
  ['**/*', '', 'a', 'a'],
  ['**/*', '', 'a/b/c.txt', 'a/b/c.txt'],
  ['*', '', 'a/b', undefined],
  ['*.js', '', 'x.js', 'x.js'],
  ['*.js', '', 'xjs', undefined],
  ['dist/**/*', '', 'dist/a/b', 'dist/a/b'],
  ['dist/**/*', '', 'dist', undefined],
  ['./dist/*', '', 'dist/a', 'dist/a'],
  ['**/*.xml', 'build/reports', 'build/reports/a/b.xml', 'a/b.xml'],
  ['**/*', 'target/app-*', 'target/app-1/x', 'x'],
  ['**/*', 'target/app-*', 'target/other/x', undefined],
  ['file-?.{txt,md}', '', 'file-1.md', 'file-1.md'],
  ['[a-c]*', '', 'bee', 'bee'],
  ['[!a-c]*', '', 'bee', undefined],
  ['app.jar', 'target', 'target/app.jar', 'app.jar'],
  ['node_modules', '', 'node_modules/a/b', 'node_modules/a/b'],
  ['src/**', '', 'src/x/y', 'src/x/y'],
])('%s in %j of %s is %s', (pattern, base, path, relative) => {
  expect(filePattern(pattern, base).matches(path)).toBe(relative);
});

test('a pattern says which folder to look in, and none leads out', () => {
  expect(filePattern('dist/**/*').root).toBe('dist');
  expect(filePattern('**/*', 'target/app-*').root).toBe('target');
  expect(filePattern('dist/app.jar').root).toBe('dist/app.jar');
  expect(rootsOf(['dist/**/*', 'dist/a/*', 'lib/x', 'library/*'].map((text) => filePattern(text)))).toEqual([
    'dist',
    'lib/x',
    'library',
  ]);
  expect(rootsOf(['**/*', 'dist/*'].map((text) => filePattern(text)))).toEqual(['']);
  expect(() => filePattern('../other/*')).toThrow(/leads out/);
});
