/** What a telemetry page looks at. */
export type Where = { project: string; component: string; environment: string | undefined; since: string }
export const spans = ['15m', '1h', '6h', '24h', '7d'] as const
