/** Fields that belong together, under a line and their title. */
import type { ReactNode } from 'react';
import form from './form.module.css';

export function Fieldset({ title, children }: { title: string; children: ReactNode }) {
  return (
    <fieldset className={form.group}>
      <legend>{title}</legend>
      <div className={form.groupBody}>{children}</div>
    </fieldset>
  );
}
