import type { AdmissionPlugin, AdmissionRequest, Charge } from '../contract.ts';
import type { Core } from '../core.ts';
import { admissionIo, timed, type Warn } from './admit.ts';
import type { Account } from './decide.ts';

/** What one write holds of what is limited, until it is known what became of it. */
export class Charges implements Account {
  private readonly held = new Map<AdmissionPlugin, Charge>();

  constructor(
    private readonly core: Core,
    private readonly warn: Warn,
  ) {}

  /**
   * Asks the plugins, in order, for what this try needs; what an earlier one holds already is not taken again. A try that needs nothing holds
   * nothing. Throws the first refusal.
   */
  async settle(request: AdmissionRequest | undefined): Promise<void> {
    if (!request) return this.giveBack();
    for (const plugin of this.core.admission) {
      if (!plugin.charge || !plugin.handles(request.verb, request.resource, request.subresource)) continue;
      const run = plugin.charge.bind(plugin);
      const charge = await timed(this.core, { plugin, verb: request.verb, type: 'validate' }, () =>
        run(request, admissionIo(this.core, this.warn), this.held.get(plugin)),
      );
      if (charge) this.held.set(plugin, charge);
      else this.held.delete(plugin);
    }
  }

  keep(): void {
    this.held.clear();
  }

  /** The refusal that is on its way to the client is not replaced by what goes wrong here: that is logged. */
  async giveBack(): Promise<void> {
    for (const [plugin, charge] of this.held) {
      this.held.delete(plugin);
      await charge.giveBack().catch((err: unknown) => {
        this.core.logger.error({ err, plugin: plugin.name }, 'a charge of a write that failed could not be given back');
      });
    }
  }
}
