/** The image repositories of an AWS account in one region. */
import type { ImageRepositoryView } from '@aws-deployer/platform/contracts/images';
import { Button, Switch, TextInput } from '@mantine/core';
import { IconExternalLink, IconPlus, IconSearchOff, IconStack2 } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useState } from 'react';
import { createRepository, repositoriesQuery, type ImagePlace } from '../api/images.js';
import { itemsOf } from '../api/pages.js';
import { may, meQuery } from '../api/session.js';
import { useSubmit } from '../api/submission.js';
import { NoAwsAccount, PlaceSelect, useAwsPlace } from '../aws/aws-place.js';
import { Chip } from '../ui/chip.js';
import { CopyButton } from '../ui/copy-button.js';
import { Empty } from '../ui/feedback.js';
import { errorsByField } from '../ui/field-error.js';
import { Filters, given, SearchInput } from '../ui/filters.js';
import { FormDialog } from '../ui/form-dialog.js';
import { ListPanel, type Column } from '../ui/list-panel.js';
import { Page } from '../ui/page.js';
import { cell } from '../ui/table.js';
import { TimeAgo } from '../ui/time-ago.js';

const route = getRouteApi('/signed-in/images');

export function RepositoriesPage() {
  const { q = '', ...sought } = route.useSearch();
  const at = useAwsPlace(sought);
  const { place } = at;
  const navigate = route.useNavigate();
  const me = useQuery(meQuery);
  const [making, setMaking] = useState(false);
  const list = useInfiniteQuery({
    ...repositoriesQuery({ ...place, q }),
    enabled: at.state === 'there',
    placeholderData: (before) => before,
  });
  const mayWrite = may(me.data, 'aws:write');
  return (
    <Page
      title="Images"
      lead="Repositories of Amazon ECR: what was pushed, how big, how old, how safe, and where it runs."
      actions={
        mayWrite && at.state === 'there' ? (
          <Button leftSection={<IconPlus size={16} />} onClick={() => setMaking(true)}>
            New repository
          </Button>
        ) : undefined
      }
    >
      {at.state === 'none' ? (
        <NoAwsAccount what="Images of Amazon ECR are shown once one is added." />
      ) : (
        <>
          <Filters>
            <SearchInput
              label="Search repositories"
              value={q}
              onSeek={(text) => void navigate({ search: given({ ...sought, q: text }), replace: true })}
            />
            <PlaceSelect at={at} onChange={(next) => void navigate({ search: given({ q, ...next }), replace: true })} />
          </Filters>
          <ListPanel<ImageRepositoryView>
            what="repositories"
            label="Image repositories"
            query={list}
            items={itemsOf(list.data)}
            rowKey={({ arn }) => arn}
            columns={COLUMNS}
            empty={
              q === '' ? (
                <Empty icon={<IconStack2 size={38} stroke={1.3} />} title="No repositories here">
                  The first push of an image makes its repository.
                </Empty>
              ) : (
                <Empty icon={<IconSearchOff size={38} stroke={1.3} />} title={`No repository matches “${q}”`}>
                  Names are searched from any part.
                </Empty>
              )
            }
          />
        </>
      )}
      {making && <NewRepositoryDialog place={place} onClose={() => setMaking(false)} />}
    </Page>
  );
}

const COLUMNS: readonly Column<ImageRepositoryView>[] = [
  {
    name: 'Repository',
    wide: true,
    render: ({ name, account, region }) => (
      <Link to="/images/repository" search={{ repository: name, account, region }}>
        <b>{name}</b>
      </Link>
    ),
  },
  {
    name: 'Address',
    className: cell.mono,
    render: ({ uri }) => (
      <>
        {uri} <CopyButton value={uri} what="address" size={20} />
      </>
    ),
  },
  {
    name: 'Rules',
    render: ({ tag_mutability: tags, scan_on_push: scanned }) => (
      <>
        {tags.startsWith('IMMUTABLE') && <Chip>tags stay</Chip>}{' '}
        {scanned ? <Chip tone="good">scanned at push</Chip> : <Chip tone="warn">not scanned</Chip>}
      </>
    ),
  },
  {
    name: 'Made',
    className: `${cell.dim} ${cell.nowrap}`,
    render: ({ created_at: at }) => (at === null ? '' : <TimeAgo at={at} />),
  },
  {
    name: 'AWS console',
    actions: true,
    render: ({ name, aws_console_url: url }) => (
      <a href={url} target="_blank" rel="noreferrer" aria-label={`${name} in the AWS console`}>
        <IconExternalLink size={16} />
      </a>
    ),
  },
];

function NewRepositoryDialog({ place, onClose }: { place: ImagePlace; onClose: () => void }) {
  const client = useQueryClient();
  const navigate = route.useNavigate();
  const [name, setName] = useState('');
  const [scan, setScan] = useState(true);
  const [immutable, setImmutable] = useState(false);
  const create = useSubmit(createRepository, {
    onDone: ({ name: made, account, region }) => {
      void client.invalidateQueries({ queryKey: ['images', 'repositories'] });
      void navigate({ to: '/images/repository', search: { repository: made, account, region } });
    },
  });
  const { fields, general } = errorsByField(create.error, ['name']);
  return (
    <FormDialog
      title="New repository"
      submit="Make repository"
      busy={create.isPending}
      general={general}
      onClose={onClose}
      onSubmit={() =>
        create.mutate({ name: name.trim(), ...given(place), scan_on_push: scan, immutable_tags: immutable })
      }
    >
      <TextInput
        label="Name"
        placeholder="team/shop"
        required
        data-autofocus
        value={name}
        error={fields['name']}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Switch
        label="Scan every image that is pushed"
        checked={scan}
        onChange={(event) => setScan(event.currentTarget.checked)}
      />
      <Switch
        label="A tag stays with its image for ever"
        checked={immutable}
        onChange={(event) => setImmutable(event.currentTarget.checked)}
      />
    </FormDialog>
  );
}
