/** Port: metrics. Names and units are the KPL's and the KCL's where they have one. */
export interface Metrics {
  /** One sample. */
  record(name: string, value: number, unit: MetricUnit, dimensions?: MetricDimensions): void;
}

export type MetricUnit = "Count" | "Bytes" | "Milliseconds";
export type MetricDimensions = Readonly<Record<string, string>>;

export const silentMetrics: Metrics = { record() {} };
