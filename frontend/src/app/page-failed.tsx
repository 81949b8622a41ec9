/** What stands in for a page whose code or session could not be loaded. */
import { useRouter, type ErrorComponentProps } from '@tanstack/react-router';
import { Page } from '../ui/page.js';
import { Problem } from '../ui/feedback.js';

export function PageFailed({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  return (
    <main>
      <Page title="Something went wrong">
        <Problem
          error={error}
          what="This page"
          onRetry={() => {
            reset();
            void router.invalidate();
          }}
        />
      </Page>
    </main>
  );
}
