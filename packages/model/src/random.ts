/** Port: chance. A seeded one makes a run repeatable. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
}
