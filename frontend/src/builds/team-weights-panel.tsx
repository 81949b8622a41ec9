/** Each team's share of the queue: a weight of 3 gets three builds started where a weight of 1 gets one. */
import { Button, NumberInput, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { putTeamWeight, teamWeightsQuery, type TeamWeightView } from '../api/builds.js';
import { asApiError } from '../api/problem.js';
import { may, meQuery } from '../api/session.js';
import { Empty } from '../ui/feedback.js';
import { errorsByField } from '../ui/field-error.js';
import { FormDialog } from '../ui/form-dialog.js';
import { ListPanel } from '../ui/list-panel.js';
import { IconScale } from '@tabler/icons-react';
import form from '../ui/form.module.css';

export function TeamWeightsPanel() {
  const me = useQuery(meQuery);
  const query = useQuery(teamWeightsQuery);
  const [editing, setEditing] = useState<TeamWeightView | 'new' | null>(null);
  const mayWrite = may(me.data, 'build:write');
  const teams = query.data ?? [];
  const whole = teams.reduce((sum, { weight }) => sum + weight, 0);
  return (
    <ListPanel<TeamWeightView>
      title="Shares of the teams"
      note="while they all wait; a team without a weight has 1"
      what="shares"
      label="Shares of the teams"
      query={query}
      items={teams}
      rowKey={({ team }) => team}
      tools={
        mayWrite ? (
          <Button size="xs" variant="default" onClick={() => setEditing('new')}>
            Set a share
          </Button>
        ) : undefined
      }
      columns={[
        { name: 'Team', render: ({ team }) => <b>{team}</b> },
        { name: 'Weight', labelled: true, render: ({ weight }) => weight },
        { name: 'Share', labelled: true, render: ({ weight }) => `${((weight / whole) * 100).toFixed(0)} %` },
        {
          name: 'Actions',
          actions: true,
          hidden: !mayWrite,
          render: (team) => (
            <Button
              variant="subtle"
              size="compact-sm"
              aria-label={`Change the share of ${team.team}`}
              onClick={() => setEditing(team)}
            >
              Change
            </Button>
          ),
        },
      ]}
      empty={
        <Empty icon={<IconScale size={34} stroke={1.3} />} title="Every team has the same share">
          Give one a weight, and it starts more builds than the others while all of them wait.
        </Empty>
      }
    >
      {editing !== null && <WeightDialog of={editing === 'new' ? null : editing} onClose={() => setEditing(null)} />}
    </ListPanel>
  );
}

function WeightDialog({ of, onClose }: { of: TeamWeightView | null; onClose: () => void }) {
  const client = useQueryClient();
  const [team, setTeam] = useState(of?.team ?? '');
  const [weight, setWeight] = useState<number | string>(of?.weight ?? 1);
  const put = useMutation({
    mutationFn: putTeamWeight,
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['builds'] });
      notifications.show({ message: `Team ${team.trim()} has weight ${weight} from now on.` });
      onClose();
    },
  });
  const { fields, general } = errorsByField(put.error ? asApiError(put.error) : null, ['team', 'weight']);
  return (
    <FormDialog
      title={of ? `Share of ${of.team}` : 'Share of a team'}
      submit="Set the share"
      busy={put.isPending}
      disabled={team.trim() === '' || typeof weight !== 'number'}
      general={general}
      onClose={onClose}
      onSubmit={() => typeof weight === 'number' && put.mutate({ team: team.trim(), weight })}
    >
      <div className={form.two}>
        <TextInput
          label="Team"
          description="As projects name it"
          required
          data-autofocus={of === null || undefined}
          disabled={of !== null}
          value={team}
          error={fields['team']}
          onChange={(event) => setTeam(event.currentTarget.value)}
        />
        <NumberInput
          label="Weight"
          description="1 to 100"
          min={1}
          max={100}
          data-autofocus={of !== null || undefined}
          value={weight}
          error={fields['weight']}
          onChange={setWeight}
        />
      </div>
    </FormDialog>
  );
}
