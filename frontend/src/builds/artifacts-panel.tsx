/** What a build left behind, each file to download. */
import type { BuildArtifactView, BuildView } from '@aws-deployer/platform/contracts/builds';
import { Button } from '@mantine/core';
import { IconDownload, IconPackage } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { buildArtifactsQuery } from '../api/builds.js';
import { Chip } from '../ui/chip.js';
import { Empty } from '../ui/feedback.js';
import { ListPanel } from '../ui/list-panel.js';
import { cell } from '../ui/table.js';
import { bytes, count } from '../ui/words.js';

export function ArtifactsPanel({ build }: { build: BuildView }) {
  const query = useQuery({ ...buildArtifactsQuery(build.id), enabled: build.artifacts > 0 });
  if (build.artifacts === 0) return null;
  const items = query.data ?? [];
  const size = items.reduce((sum, { size_bytes: bytes }) => sum + bytes, 0);
  return (
    <ListPanel<BuildArtifactView>
      title="Artifacts"
      note={items.length === 0 ? count(build.artifacts, 'file') : `${count(items.length, 'file')}, ${bytes(size)}`}
      what="artifacts"
      label="Artifacts"
      query={query}
      items={items}
      rowKey={({ artifact, path }) => `${artifact}/${path}`}
      columns={[
        { name: 'File', wide: true, className: cell.mono, render: ({ path }) => path },
        {
          name: 'Artifact',
          render: ({ artifact }) =>
            artifact === 'primary' ? <span className={cell.dim}>primary</span> : <Chip>{artifact}</Chip>,
        },
        { name: 'Size', right: true, className: cell.nowrap, render: ({ size_bytes: size }) => bytes(size) },
        {
          name: 'Download',
          actions: true,
          render: ({ path, url }) => (
            <Button
              component="a"
              href={url}
              download={path.split('/').at(-1) ?? path}
              variant="subtle"
              size="compact-sm"
              leftSection={<IconDownload size={14} />}
              aria-label={`Download ${path}`}
            >
              Download
            </Button>
          ),
        },
      ]}
      empty={<Empty icon={<IconPackage size={34} stroke={1.3} />} title="The artifacts are gone" />}
    />
  );
}
