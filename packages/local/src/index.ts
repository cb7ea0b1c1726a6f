export { SeededRandom } from "./memory/seeded-random.ts";
export { settle, VirtualClock } from "./memory/virtual-clock.ts";
