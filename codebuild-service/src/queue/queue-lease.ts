/** That one process starts and looks after the builds of one account and region, until its lease runs out. */
export interface QueueLease {
  readonly account: string;
  readonly region: string;
  readonly owner: string;
  /** Counts up with each claim: writes of an earlier owner are refused by it. */
  readonly epoch: number;
}
