import { expect, test } from 'vitest';
import { fillTemplate } from './go-template.js';

const image = { Id: 'sha256:1', RepoDigests: ['a@sha256:2', 'b@sha256:2'], Config: { Labels: { x: 'y' } }, Size: 5 };

test.each([
  ['{{index .RepoDigests 0}}', 'a@sha256:2'],
  ['{{ (index .RepoDigests 1) }}', 'b@sha256:2'],
  ['{{.Id}} {{.Size}}', 'sha256:1 5'],
  ['{{.RepoDigests}}', '[a@sha256:2 b@sha256:2]'],
  ['{{json .Config.Labels}}', '{"x":"y"}'],
  ['{{index .Config.Labels "x"}}', 'y'],
  ['{{.Nothing}}', '<no value>'],
])('%s', (template, text) => {
  expect(fillTemplate(template, image)).toBe(text);
});

test('what is not there or not understood is said', () => {
  expect(() => fillTemplate('{{index .RepoDigests 4}}', image)).toThrow(/was the image pushed/);
  expect(() => fillTemplate('{{range .RepoDigests}}x{{end}}', image)).toThrow(/not understood/);
});
