// @vitest-environment jsdom
import { cleanup, fireEvent, screen, waitFor } from '@testing-library/react';
import { useRef, useState } from 'react';
import { afterEach, expect, test } from 'vitest';
import { ApiError } from '../api/problem.js';
import { renderConsole } from '../testing/render.js';
import { useRefusals } from './use-refusals.js';

afterEach(cleanup);

const NAMES = ['name', 'place'] as const;

/** Two inputs that must be given; what the server refuses is given from outside. */
function Form({ problem }: { problem: ApiError | null }) {
  const form = useRef<HTMLFormElement>(null);
  const [values, setValues] = useState<Readonly<Record<string, string>>>({});
  const [told, setTold] = useState<ApiError | null>(null);
  const { errors, begin, mend } = useRefusals(form, told, (field) => field);
  return (
    <form
      ref={form}
      onSubmit={(event) => {
        event.preventDefault();
        const missing = NAMES.filter((name) => (values[name] ?? '') === '');
        setTold(null);
        if (begin(Object.fromEntries(missing.map((name) => [name, `${name} is missing`])))) setTold(problem);
      }}
    >
      {NAMES.map((name) => (
        <label key={name}>
          {name}
          <input
            aria-invalid={errors[name] !== undefined}
            onChange={({ currentTarget: { value } }) => {
              setValues((before) => ({ ...before, [name]: value }));
              mend(name);
            }}
          />
          <p>{errors[name]}</p>
        </label>
      ))}
      <button type="submit">Save</button>
    </form>
  );
}
const input = (name: string) => screen.getByRole('textbox', { name: new RegExp(`^${name}`) });
const save = () => fireEvent.click(screen.getByRole('button', { name: 'Save' }));

test('an error goes with the change of its input, and the cursor stays where the hands are', async () => {
  await renderConsole(<Form problem={null} />);
  save();
  await waitFor(() => expect(document.activeElement).toBe(input('name')));
  fireEvent.change(input('name'), { target: { value: 'a' } });
  expect(screen.queryByText('name is missing')).toBeNull();
  expect(screen.getByText('place is missing')).toBeTruthy();
  expect(document.activeElement).toBe(input('name'));
  save();
  await waitFor(() => expect(document.activeElement).toBe(input('place')));
});

test('what the server refuses is marked where it belongs', async () => {
  const errors = [{ field: 'place', message: 'is taken', mend: 'choose another' }];
  await renderConsole(<Form problem={new ApiError(409, 'conflict', 'taken', errors)} />);
  for (const name of NAMES) fireEvent.change(input(name), { target: { value: 'a' } });
  save();
  await waitFor(() => expect(document.activeElement).toBe(input('place')));
  expect(screen.getByText(/^Is taken/)).toBeTruthy();
  fireEvent.change(input('place'), { target: { value: 'b' } });
  expect(screen.queryByText(/^Is taken/)).toBeNull();
});
