// Which kubelets
export type { NodeAddress, ScrapeTarget, TargetSource } from "./scrape-target.ts";
export { kubeletEndpoint, resourcePathAnnotation } from "./kubelet-endpoint.ts";
export type { EndpointOptions, KubeletEndpoint } from "./kubelet-endpoint.ts";

// Asking them
export { KubeletClient } from "./kubelet-client.ts";
export type { KubeletClientOptions, KubeletTls } from "./kubelet-client.ts";

// What they answer
export type { ContainerIdentity, NodePoints, PointSink } from "./node-points.ts";
export type { DecodedPage, DecoderOptions, PageDecoder } from "./page-decoder.ts";
export { ResourceDecoder } from "./resource-decoder.ts";
export { CadvisorDecoder } from "./cadvisor-decoder.ts";
export { SummaryDecoder } from "./summary-decoder.ts";
export type { DecodedSummary, EphemeralStorage } from "./summary-decoder.ts";
export { PointColumns } from "./point-columns.ts";
export { NameTable } from "./name-table.ts";

// Scraping
export { KubeletScraper } from "./kubelet-scraper.ts";
export type { KubeletScraperOptions, PointSource, Scraper, ScrapeResult } from "./kubelet-scraper.ts";
export { scrapeOffset } from "./scrape-offset.ts";
export { ScrapeSchedule } from "./scrape-schedule.ts";
export type { ScrapeObserver, ScrapeReport, ScrapeScheduleOptions } from "./scrape-schedule.ts";

// Metrics about scraping
export { ScrapeStatistics } from "./scrape-statistics.ts";
export type { ScrapeStatisticsOptions } from "./scrape-statistics.ts";

// Time
export { systemClock } from "./clock.ts";
export type { Clock } from "./clock.ts";

// Errors
export { KubeletError } from "./kubelet-error.ts";
export type { KubeletErrorCode, KubeletErrorOptions } from "./kubelet-error.ts";
