export interface BundledFunction {
  readonly name: string;
  readonly bytes: number;
  /** Whatever has code in the bundle, by its path. */
  readonly files: readonly string[];
  /** npm packages with code in the bundle. */
  readonly packages: readonly string[];
}

export function bundleFunctions(handlersFolder: string, outputFolder: string): Promise<readonly BundledFunction[]>;
