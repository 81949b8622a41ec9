/** A webhook's secret between the answer that shows it once and the page that does; forgotten when it is put away. */
import { useQuery, useQueryClient } from '@tanstack/react-query';

const key = (project: string) => ['shown-once', 'webhook-secret', project] as const;

export function useShownOnce() {
  const client = useQueryClient();
  return {
    keep: (project: string, secret: string) => client.setQueryData(key(project), secret),
    forget: (project: string) => client.setQueryData(key(project), null),
  };
}

export const useWebhookSecret = (project: string): string | null =>
  useQuery<string | null>({ queryKey: key(project), queryFn: () => null, enabled: false }).data ?? null;
