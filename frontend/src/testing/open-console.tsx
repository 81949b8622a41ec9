/** Opens the whole console at an address, as a browser would, in a document that lacks what jsdom lacks. */
import { createMemoryHistory } from '@tanstack/react-router';
import { render } from '@testing-library/react';
import { App } from '../app/app.js';
import { queryClient } from '../app/query-client.js';
import { createConsoleRouter, type ConsoleRouter } from '../app/router.js';
import { fillGaps } from './jsdom-gaps.js';

export function openConsole(path: string): ConsoleRouter {
  fillGaps();
  queryClient.clear();
  const router = createConsoleRouter(createMemoryHistory({ initialEntries: [path] }));
  render(<App router={router} />);
  return router;
}
