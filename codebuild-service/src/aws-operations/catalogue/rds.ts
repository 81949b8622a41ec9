/** RDS: database instances, clusters and snapshots. */
import { z } from 'zod';
import { page } from '../console-link.js';
import { operation } from '../operation.js';
import { DbInstanceIdentifier, DbSnapshotIdentifier } from '../parameters.js';

const ofInstance = z.strictObject({ db_instance_identifier: DbInstanceIdentifier });
const databasesPage = () => page('rds/home#databases:');
const instancePage = ({ parameters: { db_instance_identifier } }: { parameters: { db_instance_identifier: string } }) =>
  page(`rds/home#database:id=${db_instance_identifier}`);

export const describeDbInstances = operation({
  name: 'rds.describe_db_instances',
  title: 'List RDS databases',
  description: 'Database instances with engine, version, state, size and address.',
  effect: 'read',
  parameters: z.strictObject({ db_instance_identifier: DbInstanceIdentifier.optional() }),
  permissions: ['rds:DescribeDBInstances'],
  columns: [
    'db_instance_identifier',
    'status',
    'engine',
    'version',
    'class',
    'storage_gib',
    'endpoint',
    'port',
    'multi_az',
    'public',
    'encrypted',
    'backup_days',
    'created_at',
  ],
  paged: true,
  console: databasesPage,
  phrases: [
    'list databases',
    'show rds instances',
    'which databases are running',
    'endpoint of the database',
    'describe db instance',
    'status of database',
  ],
});
export const describeDbClusters = operation({
  name: 'rds.describe_db_clusters',
  title: 'List RDS and Aurora clusters',
  description: 'Database clusters with engine, members and addresses.',
  effect: 'read',
  parameters: z.strictObject({}),
  permissions: ['rds:DescribeDBClusters'],
  columns: [
    'db_cluster_identifier',
    'status',
    'engine',
    'version',
    'members',
    'endpoint',
    'reader_endpoint',
    'created_at',
  ],
  paged: true,
  console: databasesPage,
  phrases: ['list aurora clusters', 'show database clusters', 'describe db clusters', 'rds clusters'],
});
export const describeDbSnapshots = operation({
  name: 'rds.describe_db_snapshots',
  title: 'List RDS snapshots',
  description: 'Snapshots of databases, made by hand or by the schedule.',
  effect: 'read',
  parameters: z.strictObject({ db_instance_identifier: DbInstanceIdentifier.optional() }),
  permissions: ['rds:DescribeDBSnapshots'],
  columns: [
    'db_snapshot_identifier',
    'db_instance_identifier',
    'status',
    'type',
    'engine',
    'size_gib',
    'encrypted',
    'created_at',
  ],
  paged: true,
  console: () => page('rds/home#snapshots-list:'),
  phrases: [
    'list rds snapshots',
    'show database snapshots',
    'database backups',
    'when was the database last backed up',
  ],
});
export const startDbInstance = operation({
  name: 'rds.start_db_instance',
  title: 'Start an RDS database',
  description: 'Starts a stopped database; it is charged for again.',
  effect: 'change',
  parameters: ofInstance,
  permissions: ['rds:StartDBInstance'],
  columns: ['db_instance_identifier', 'status'],
  paged: false,
  console: instancePage,
  phrases: ['start database', 'start rds instance', 'turn on the database', 'power on db'],
  summary: ({ db_instance_identifier }) => `Start the database ${db_instance_identifier}`,
});
export const stopDbInstance = operation({
  name: 'rds.stop_db_instance',
  title: 'Stop an RDS database',
  description: 'Stops a database; its connections end. AWS starts it again by itself after seven days.',
  effect: 'change',
  parameters: ofInstance,
  permissions: ['rds:StopDBInstance'],
  columns: ['db_instance_identifier', 'status'],
  paged: false,
  console: instancePage,
  phrases: ['stop database', 'stop rds instance', 'turn off the database', 'shut down db'],
  summary: ({ db_instance_identifier }) => `Stop the database ${db_instance_identifier}`,
});
export const rebootDbInstance = operation({
  name: 'rds.reboot_db_instance',
  title: 'Reboot an RDS database',
  description: 'Restarts a database; its connections end and it is away for a moment.',
  effect: 'change',
  parameters: ofInstance,
  permissions: ['rds:RebootDBInstance'],
  columns: ['db_instance_identifier', 'status'],
  paged: false,
  console: instancePage,
  phrases: ['reboot database', 'restart rds instance', 'restart the database'],
  summary: ({ db_instance_identifier }) => `Reboot the database ${db_instance_identifier}`,
});
export const createDbSnapshot = operation({
  name: 'rds.create_db_snapshot',
  title: 'Create an RDS snapshot',
  description: 'Backs a database up under a name; the snapshot stays until it is deleted.',
  effect: 'change',
  parameters: z.strictObject({ ...ofInstance.shape, db_snapshot_identifier: DbSnapshotIdentifier }),
  permissions: ['rds:CreateDBSnapshot'],
  columns: ['db_snapshot_identifier', 'db_instance_identifier', 'status', 'created_at'],
  paged: false,
  console: () => page('rds/home#snapshots-list:'),
  phrases: ['create rds snapshot', 'back up the database', 'take a snapshot of database', 'snapshot database'],
  summary: ({ db_instance_identifier, db_snapshot_identifier }) =>
    `Create the snapshot ${db_snapshot_identifier} of the database ${db_instance_identifier}`,
});

export const rdsOperations = [
  describeDbInstances,
  describeDbClusters,
  describeDbSnapshots,
  startDbInstance,
  stopDbInstance,
  rebootDbInstance,
  createDbSnapshot,
];
