/** Brings the first refused input of a form into view and under the cursor, wherever the long form was scrolled to. */

/** A folded section is drawn a few frames after it was opened; until then its inputs are not marked and take no focus. */
const FRAMES = 12;

export function focusRefused(form: HTMLElement | null, frames = FRAMES): void {
  const input = form?.querySelector<HTMLElement>('[aria-invalid="true"]');
  input?.focus();
  if (input && document.activeElement === input) return;
  if (frames > 0) requestAnimationFrame(() => focusRefused(form, frames - 1));
}
