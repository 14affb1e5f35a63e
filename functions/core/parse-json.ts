/** null: it is no JSON, and what reads it refuses null as it refuses anything else that it does not know. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
