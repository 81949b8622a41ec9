/** Every build, of every project; the address is the filter. Two of them can be picked and compared. */
import type { BuildStatus } from '@aws-deployer/platform/contracts/builds';
import { Button, Select, Switch, TextInput } from '@mantine/core';
import { IconGitCompare, IconHammer } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useDebouncedCallback } from '@mantine/hooks';
import { useState } from 'react';
import type { BuildFilter } from '../api/builds.js';
import { may, meQuery } from '../api/session.js';
import { Empty } from '../ui/feedback.js';
import { Filters, given } from '../ui/filters.js';
import { Page } from '../ui/page.js';
import { BuildsPanel } from './builds-panel.js';
import { BuildsTabs } from './builds-tabs.js';
import { ProjectSelect } from './project-select.js';
import { ALL_BUILD_STATUSES, buildFace } from './statuses.js';

const route = getRouteApi('/signed-in/builds');
const STATUSES = [
  { value: '', label: 'Any status' },
  ...ALL_BUILD_STATUSES.map((value) => ({ value: value, label: buildFace(value).label })),
];

export function BuildsPage() {
  const filter = route.useSearch();
  const navigate = route.useNavigate();
  const me = useQuery(meQuery);
  const [picked, setPicked] = useState<string[]>([]);
  const [team, setTeam] = useState(filter.team ?? '');
  const seek = (change: BuildFilter) => void navigate({ search: given({ ...filter, ...change }), replace: true });
  const seekTeam = useDebouncedCallback((text: string) => seek({ team: text }), 250);
  const filtered = Object.keys(filter).length > 0;
  const [a, b] = picked;
  return (
    <Page
      title="Builds"
      lead="What was built, from which commit, and how it ended."
      actions={
        a !== undefined && b !== undefined ? (
          <Button
            leftSection={<IconGitCompare size={16} />}
            renderRoot={(props) => <Link to="/builds/compare" search={{ a, b }} {...props} />}
          >
            Compare the two
          </Button>
        ) : undefined
      }
    >
      <BuildsTabs />
      <Filters>
        <ProjectSelect value={filter.project ?? ''} onChange={(project) => seek({ project })} />
        <TextInput
          aria-label="Team"
          placeholder="Team"
          w={140}
          value={team}
          onChange={(event) => {
            setTeam(event.currentTarget.value);
            seekTeam(event.currentTarget.value.trim());
          }}
        />
        <Select
          aria-label="Status"
          w={150}
          data={STATUSES}
          value={filter.status ?? ''}
          onChange={(status) =>
            seek({ status: status === '' ? undefined : ((status as BuildStatus | null) ?? undefined) })
          }
        />
        <Switch
          label="Not ended"
          style={{ alignSelf: 'center' }}
          checked={filter.active ?? false}
          onChange={(event) => seek({ active: event.currentTarget.checked ? true : undefined })}
        />
      </Filters>
      <BuildsPanel
        filter={filter}
        picked={picked}
        onPick={setPicked}
        {...(filtered
          ? {}
          : {
              empty: (
                <Empty
                  icon={<IconHammer size={38} stroke={1.3} />}
                  title="Nothing was built yet"
                  actions={
                    <Button renderRoot={(props) => <Link to="/builds/projects" {...props} />}>
                      {may(me.data, 'build:write') ? 'Make a build project' : 'Go to the projects'}
                    </Button>
                  }
                >
                  A build project says what to build and how. Start one, and its builds stand here.
                </Empty>
              ),
            })}
      />
    </Page>
  );
}
