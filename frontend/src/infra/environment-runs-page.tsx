/** The runs of one environment. */
import { getRouteApi } from '@tanstack/react-router';
import { IconTimeline } from '@tabler/icons-react';
import { Empty } from '../ui/feedback.js';
import { RunsPanel } from './runs-panel.js';

const route = getRouteApi('/signed-in/infrastructure/environments/$name');

export function EnvironmentRunsPage() {
  const { name } = route.useParams();
  return (
    <RunsPanel
      filter={{ environment: name }}
      empty={
        <Empty icon={<IconTimeline size={36} stroke={1.3} />} title="Nothing was run yet">
          A plan shows what would be made, and changes nothing.
        </Empty>
      }
    />
  );
}
