declare module "istanbul-lib-instrument" {
  export function createInstrumenter(options: {
    readonly esModules: boolean;
    readonly coverageVariable: string;
  }): { instrumentSync(code: string, filename: string): string };
}
