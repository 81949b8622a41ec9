/** What the components ask of a browser and jsdom does not have. */
import { configure } from '@testing-library/react';

class NoObserver {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
}

export function fillGaps(): void {
  // A page's code is loaded when it is first opened: on a busy machine that takes longer than the usual second.
  configure({ asyncUtilTimeout: 8000 });
  globalThis.ResizeObserver ??= NoObserver as unknown as typeof ResizeObserver;
  window.scrollTo = () => undefined;
  Element.prototype.scrollIntoView = () => undefined;
  // The code editor measures its text.
  Object.assign(Range.prototype, { getClientRects: () => [], getBoundingClientRect: () => new DOMRect() });
  // A text area that grows with its text waits for the fonts.
  Object.defineProperty(document, 'fonts', { configurable: true, value: new EventTarget() });
  // eslint-disable-next-line @typescript-eslint/unbound-method -- it is set here, not called
  window.matchMedia ??= (query: string) =>
    ({
      matches: false,
      media: query,
      addEventListener: () => {},
      removeEventListener: () => {},
    }) as unknown as MediaQueryList;
}
