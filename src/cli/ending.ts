/** Where a command that ends well leaves another exit status than 0. */
export interface Ending {
  status: number;
}
