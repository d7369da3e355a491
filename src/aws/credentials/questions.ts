import { hintLine } from '../hint-line.ts';
import { awsLine, CredentialsFailure, exportCommand } from './failure.ts';

/** Asks a person for what is typed and not shown. */
export type AskSecret = (question: string) => Promise<string>;

/** How often a code that cannot be one is asked for again. */
const attempts = 3;

/**
 * Asks for codes of devices, each device once a run, whoever wants to know: AWS takes no code twice, and in the middle of a run nobody
 * sits there to answer. What was asked for holds as long as the credentials that it brought.
 */
export class Questions {
  readonly #ask: AskSecret | undefined;
  /** By the device's serial number. */
  readonly #asked = new Map<string, Promise<string>>();
  /** Whether what was asked for has brought credentials, or was refused. */
  #isOver = false;

  /** @param ask absent where there is no terminal to ask on */
  constructor(ask: AskSecret | undefined) {
    this.#ask = ask;
  }

  /**
   * The code that a device shows.
   *
   * @throws CredentialsFailure where nobody can be asked, and when another was asked for before
   * @throws EsEcsError INTERRUPTED, on Ctrl-C
   */
  codeOf(serial: string, profile: string): Promise<string> {
    if (this.#isOver && this.#asked.has(serial)) return Promise.reject(ended(serial, profile));
    const asked = this.#asked.get(serial) ?? this.#askFor(serial, profile);
    this.#asked.set(serial, asked);
    return asked;
  }

  /** Whether a person has been asked for anything. */
  get haveAsked(): boolean {
    return this.#asked.size > 0;
  }

  /** Says that credentials were had, or that they were not: from now on a code that is wanted would be a second one. */
  close(): void {
    this.#isOver = true;
  }

  async #askFor(serial: string, profile: string): Promise<string> {
    if (this.#ask === undefined) throw nobodyThere(serial, profile);
    for (let attempt = 1; attempt <= attempts; attempt++) {
      const again = attempt === 1 ? '' : 'a code has six digits. ';
      const code = (await this.#ask(`${again}MFA code of ${serial} for the profile ${profile}: `)).replaceAll(
        /\s/g,
        '',
      );
      if (/^\d{6}$/.test(code)) return code;
    }
    throw new CredentialsFailure(`no MFA code of ${serial} was given: a code has six digits`, {
      hints: [hintLine(exportCommand(profile), 'has the AWS CLI ask for it')],
    });
  }
}

function nobodyThere(serial: string, profile: string): CredentialsFailure {
  return new CredentialsFailure(
    `the profile ${profile} wants a code of the MFA device ${serial}, and there is no terminal to ask for it on`,
    {
      hints: [
        hintLine(
          exportCommand(profile),
          'asks on one, and leaves the credentials in the environment, where they count',
        ),
        hintLine('export AWS_PROFILE=…', 'a profile that asks for no code'),
      ],
    },
  );
}

function ended(serial: string, profile: string): CredentialsFailure {
  return new CredentialsFailure(
    `the credentials of the profile ${profile} have ended, and new ones want another code of ${serial}; what was done is recorded`,
    {
      hints: [
        awsLine(
          'configure set duration_seconds 14400',
          profile,
          'makes them last longer, where the role allows it',
        ),
      ],
    },
  );
}
