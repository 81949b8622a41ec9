/** RDS: database instances, clusters and snapshots. */
import * as declared from '../../aws-operations/catalogue/rds.js';
import { carriedOut } from './carry-out.js';

const sdk = () => import('@aws-sdk/client-rds');
interface InstanceAnswer {
  readonly DBInstance?:
    { readonly DBInstanceIdentifier?: string | undefined; readonly DBInstanceStatus?: string | undefined } | undefined;
}
const statusOf = ({ DBInstance }: InstanceAnswer) => ({
  db_instance_identifier: DBInstance?.DBInstanceIdentifier,
  status: DBInstance?.DBInstanceStatus,
});

export const rdsCalls = [
  carriedOut(declared.describeDbInstances, async (call, { db_instance_identifier }) => {
    const { DescribeDBInstancesCommand } = await sdk();
    const from = await call.send('rds', (rds, options) =>
      rds.send(
        new DescribeDBInstancesCommand({
          DBInstanceIdentifier: db_instance_identifier,
          MaxRecords: call.pageSize(20, 100),
          Marker: call.token,
        }),
        options,
      ),
    );
    const rows = (from.DBInstances ?? []).map((instance) => ({
      db_instance_identifier: instance.DBInstanceIdentifier,
      status: instance.DBInstanceStatus,
      engine: instance.Engine,
      version: instance.EngineVersion,
      class: instance.DBInstanceClass,
      storage_gib: instance.AllocatedStorage,
      endpoint: instance.Endpoint?.Address,
      port: instance.Endpoint?.Port,
      multi_az: instance.MultiAZ,
      public: instance.PubliclyAccessible,
      encrypted: instance.StorageEncrypted,
      backup_days: instance.BackupRetentionPeriod,
      created_at: instance.InstanceCreateTime,
    }));
    return { rows, next: from.Marker, from };
  }),
  carriedOut(declared.describeDbClusters, async (call) => {
    const { DescribeDBClustersCommand } = await sdk();
    const from = await call.send('rds', (rds, options) =>
      rds.send(new DescribeDBClustersCommand({ MaxRecords: call.pageSize(20, 100), Marker: call.token }), options),
    );
    const rows = (from.DBClusters ?? []).map((cluster) => ({
      db_cluster_identifier: cluster.DBClusterIdentifier,
      status: cluster.Status,
      engine: cluster.Engine,
      version: cluster.EngineVersion,
      members: (cluster.DBClusterMembers ?? []).map(({ DBInstanceIdentifier }) => DBInstanceIdentifier),
      endpoint: cluster.Endpoint,
      reader_endpoint: cluster.ReaderEndpoint,
      created_at: cluster.ClusterCreateTime,
    }));
    return { rows, next: from.Marker, from };
  }),
  carriedOut(declared.describeDbSnapshots, async (call, { db_instance_identifier }) => {
    const { DescribeDBSnapshotsCommand } = await sdk();
    const from = await call.send('rds', (rds, options) =>
      rds.send(
        new DescribeDBSnapshotsCommand({
          DBInstanceIdentifier: db_instance_identifier,
          MaxRecords: call.pageSize(20, 100),
          Marker: call.token,
        }),
        options,
      ),
    );
    const rows = (from.DBSnapshots ?? []).map((snapshot) => ({
      db_snapshot_identifier: snapshot.DBSnapshotIdentifier,
      db_instance_identifier: snapshot.DBInstanceIdentifier,
      status: snapshot.Status,
      type: snapshot.SnapshotType,
      engine: snapshot.Engine,
      size_gib: snapshot.AllocatedStorage,
      encrypted: snapshot.Encrypted,
      created_at: snapshot.SnapshotCreateTime,
    }));
    return { rows, next: from.Marker, from };
  }),
  carriedOut(declared.startDbInstance, async (call, { db_instance_identifier }) => {
    const { StartDBInstanceCommand } = await sdk();
    const from = await call.send('rds', (rds, options) =>
      rds.send(new StartDBInstanceCommand({ DBInstanceIdentifier: db_instance_identifier }), options),
    );
    return { rows: [statusOf(from)], from };
  }),
  carriedOut(declared.stopDbInstance, async (call, { db_instance_identifier }) => {
    const { StopDBInstanceCommand } = await sdk();
    const from = await call.send('rds', (rds, options) =>
      rds.send(new StopDBInstanceCommand({ DBInstanceIdentifier: db_instance_identifier }), options),
    );
    return { rows: [statusOf(from)], from };
  }),
  carriedOut(declared.rebootDbInstance, async (call, { db_instance_identifier }) => {
    const { RebootDBInstanceCommand } = await sdk();
    const from = await call.send('rds', (rds, options) =>
      rds.send(new RebootDBInstanceCommand({ DBInstanceIdentifier: db_instance_identifier }), options),
    );
    return { rows: [statusOf(from)], from };
  }),
  carriedOut(declared.createDbSnapshot, async (call, { db_instance_identifier, db_snapshot_identifier }) => {
    const { CreateDBSnapshotCommand } = await sdk();
    const from = await call.send('rds', (rds, options) =>
      rds.send(
        new CreateDBSnapshotCommand({
          DBInstanceIdentifier: db_instance_identifier,
          DBSnapshotIdentifier: db_snapshot_identifier,
        }),
        options,
      ),
    );
    const row = {
      db_snapshot_identifier: from.DBSnapshot?.DBSnapshotIdentifier,
      db_instance_identifier: from.DBSnapshot?.DBInstanceIdentifier,
      status: from.DBSnapshot?.Status,
      created_at: from.DBSnapshot?.SnapshotCreateTime,
    };
    return { rows: [row], from };
  }),
];
