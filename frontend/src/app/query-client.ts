/** The cache of server state. A refusal is final; only silence and a server's own failure are tried again. */
import { QueryClient } from '@tanstack/react-query';
import { asApiError } from '../api/problem.js';

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 2_000,
      retry: (failures, error) => {
        const { status } = asApiError(error);
        return (status === 0 || status >= 500) && failures < 2;
      },
      retryDelay: (attempt) => Math.min(600 * 2 ** attempt, 4_000),
    },
  },
});
