/** What the scan of an image found, the gravest first; and a scan on demand. */
import { Button, Modal } from '@mantine/core';
import { IconShieldCheck, IconShieldQuestion } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { findingsQuery, scanImage, type ImageView, type RepositoryPlace, type ScanFinding } from '../api/images.js';
import { useSubmit } from '../api/submission.js';
import { Chip } from '../ui/chip.js';
import { Empty, LoadingRows, Notice, Problem } from '../ui/feedback.js';
import { given } from '../ui/filters.js';
import { DataTable } from '../ui/list-panel.js';
import { cell } from '../ui/table.js';
import { TimeAgo } from '../ui/time-ago.js';
import { shortDigest } from '../ui/words.js';
import { severityTone } from './severities.js';
import classes from './images.module.css';

export interface FindingsDialogProps {
  readonly place: RepositoryPlace;
  readonly image: ImageView;
  readonly mayWrite: boolean;
  readonly onClose: () => void;
}

export function FindingsDialog({ place, image, mayWrite, onClose }: FindingsDialogProps) {
  const client = useQueryClient();
  const query = useQuery(findingsQuery(place, image.digest));
  const scan = useSubmit(scanImage, {
    onDone: () => void client.invalidateQueries({ queryKey: ['images'] }),
  });
  const found = query.data;
  return (
    <Modal opened onClose={onClose} title={`Scan of ${image.tags[0] ?? shortDigest(image.digest)}`} size="xl">
      {query.isPending && <LoadingRows rows={4} label="Loading the findings" />}
      {query.error && <Problem error={query.error} what="The findings" onRetry={() => void query.refetch()} />}
      {found && found.status === null && (
        <Empty icon={<IconShieldQuestion size={36} stroke={1.3} />} title="Never scanned" />
      )}
      {found && found.status !== null && found.findings.length === 0 && (
        <Empty
          icon={<IconShieldCheck size={36} stroke={1.3} />}
          title={found.status === 'COMPLETE' ? 'Nothing found' : `The scan is ${found.status.toLowerCase()}`}
        >
          {found.description ?? undefined}
        </Empty>
      )}
      {found && found.findings.length > 0 && (
        <>
          <p className={cell.dim} style={{ marginTop: 0 }}>
            {Object.entries(found.by_severity)
              .map(([severity, number]) => `${number} ${severity.toLowerCase()}`)
              .join(', ')}
            {found.completed_at !== null && (
              <>
                , scanned <TimeAgo at={found.completed_at} />
              </>
            )}
          </p>
          <div className={classes.frame}>
            <DataTable<ScanFinding>
              label="Findings"
              items={found.findings}
              rowKey={({ name, package: where }) => `${name} ${where ?? ''}`}
              columns={[
                {
                  name: 'Severity',
                  render: ({ severity }) => <Chip tone={severityTone(severity)}>{severity.toLowerCase()}</Chip>,
                },
                {
                  name: 'Finding',
                  wide: true,
                  className: classes.finding,
                  render: (finding) => <Finding finding={finding} />,
                },
                { name: 'Package', className: cell.mono, render: ({ package: where }) => where ?? '' },
              ]}
            />
          </div>
        </>
      )}
      {scan.error && (
        <Notice tone="bad" role="alert">
          {scan.error.message}
        </Notice>
      )}
      <div className="dialog-actions">
        {mayWrite && (
          <Button
            variant="default"
            loading={scan.isPending}
            onClick={() => scan.mutate({ ...given(place), repository: place.repository, digest: image.digest })}
          >
            {scan.isSuccess ? 'Scan begun' : 'Scan now'}
          </Button>
        )}
        <Button onClick={onClose}>Close</Button>
      </div>
    </Modal>
  );
}

function Finding({ finding }: { finding: ScanFinding }) {
  return (
    <>
      {finding.uri !== null ? (
        <a href={finding.uri} target="_blank" rel="noreferrer">
          {finding.name}
        </a>
      ) : (
        <b>{finding.name}</b>
      )}
      {finding.description !== null && <div className={classes.description}>{finding.description}</div>}
    </>
  );
}
