/** One repository: its images with size, age, scan and where they run; what is removed and when. */
import { Button, Checkbox, SegmentedControl } from '@mantine/core';
import { IconExternalLink, IconPhotoOff, IconTrash } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import {
  deleteRepository,
  imagesQuery,
  repositoryQuery,
  type DeletedImages,
  type ImageView,
  type RepositoryPlace,
} from '../api/images.js';
import { itemsOf } from '../api/pages.js';
import { asApiError } from '../api/problem.js';
import { may, meQuery } from '../api/session.js';
import { ConfirmButton } from '../ui/confirm.js';
import { Empty, Notice } from '../ui/feedback.js';
import { ListPanel } from '../ui/list-panel.js';
import { NotFound } from '../ui/not-found.js';
import { Page } from '../ui/page.js';
import { count, shortDigest } from '../ui/words.js';
import { DeleteImagesDialog } from './delete-images-dialog.js';
import { FindingsDialog } from './findings-dialog.js';
import { imageColumns } from './image-columns.js';
import { LifecyclePanel } from './lifecycle-panel.js';

const route = getRouteApi('/signed-in/images/repository');

export function RepositoryPage() {
  const { repository = '', account, region } = route.useSearch();
  const place: RepositoryPlace = { repository, account, region };
  const client = useQueryClient();
  const navigate = useNavigate();
  const me = useQuery(meQuery);
  const [tagged, setTagged] = useState<'all' | 'tagged' | 'untagged'>('all');
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const [dialog, setDialog] = useState<'delete' | ImageView | null>(null);
  const [outcome, setOutcome] = useState<DeletedImages | null>(null);
  const about = useQuery(repositoryQuery(place));
  const list = useInfiniteQuery(imagesQuery(place, tagged === 'all' ? undefined : tagged === 'tagged'));
  const mayWrite = may(me.data, 'aws:write');
  const images = itemsOf(list.data);
  if (repository === '') return <NotFound what="image repository" />;
  if (about.error && asApiError(about.error).status === 404)
    return <NotFound what="image repository" name={repository} />;
  const pick = (digest: string, on: boolean) =>
    setPicked((before) => new Set(on ? [...before, digest] : [...before].filter((each) => each !== digest)));
  return (
    <Page
      title={repository}
      lead={about.data?.uri}
      actions={
        <>
          {about.data && (
            <Button
              component="a"
              variant="default"
              href={about.data.aws_console_url}
              target="_blank"
              rel="noreferrer"
              leftSection={<IconExternalLink size={16} />}
            >
              AWS console
            </Button>
          )}
          {mayWrite && (
            <ConfirmButton
              place="page"
              verb="Delete"
              what={`repository ${repository}`}
              typed={repository}
              icon={<IconTrash size={16} />}
              consequence="The repository goes with every image in it. It is refused while an image of it runs."
              act={() => deleteRepository(place)}
              onDone={() => {
                void client.invalidateQueries({ queryKey: ['images'] });
                void navigate({
                  to: '/images',
                  search: { ...(account ? { account } : {}), ...(region ? { region } : {}) },
                });
              }}
            />
          )}
        </>
      }
    >
      {outcome && <Outcome outcome={outcome} />}
      <ListPanel<ImageView>
        title="Images"
        note="the newest first"
        what="images"
        label="Images"
        query={list}
        items={images}
        rowKey={({ digest }) => digest}
        tools={
          <>
            {mayWrite && picked.size > 0 && (
              <Button size="xs" color="vermilion" variant="light" onClick={() => setDialog('delete')}>
                Delete {count(picked.size, 'image')}
              </Button>
            )}
            <SegmentedControl
              size="xs"
              aria-label="Which images"
              data={[
                { value: 'all', label: 'All' },
                { value: 'tagged', label: 'Tagged' },
                { value: 'untagged', label: 'Untagged' },
              ]}
              value={tagged}
              onChange={(next) => setTagged(next === 'tagged' || next === 'untagged' ? next : 'all')}
            />
          </>
        }
        columns={[
          {
            name: 'Pick',
            hidden: !mayWrite,
            render: ({ digest }) => (
              <Checkbox
                size="xs"
                aria-label={`Pick image ${shortDigest(digest)}`}
                checked={picked.has(digest)}
                onChange={(event) => pick(digest, event.currentTarget.checked)}
              />
            ),
          },
          ...imageColumns((image) => setDialog(image)),
        ]}
        empty={
          <Empty icon={<IconPhotoOff size={36} stroke={1.3} />} title="No images">
            {tagged === 'all' ? 'Nothing was pushed yet.' : 'None of this kind.'}
          </Empty>
        }
      />
      <LifecyclePanel place={place} mayWrite={mayWrite} />
      {dialog === 'delete' && (
        <DeleteImagesDialog
          place={place}
          images={images.filter(({ digest }) => picked.has(digest))}
          onClose={() => setDialog(null)}
          onDone={(done) => {
            setDialog(null);
            setPicked(new Set());
            setOutcome(done);
            void client.invalidateQueries({ queryKey: ['images'] });
          }}
        />
      )}
      {dialog !== null && dialog !== 'delete' && (
        <FindingsDialog place={place} image={dialog} mayWrite={mayWrite} onClose={() => setDialog(null)} />
      )}
    </Page>
  );
}

function Outcome({ outcome }: { outcome: DeletedImages }) {
  const { deleted, kept } = outcome;
  return (
    <Notice tone={kept.length > 0 ? 'warn' : 'good'} role="status" title={`${count(deleted.length, 'image')} deleted`}>
      {kept.map(({ digest, reason }) => (
        <div key={digest}>
          <code>{shortDigest(digest)}</code> was kept: {reason}
        </div>
      ))}
    </Notice>
  );
}
