"""How fast a GAN's generator step is, beside a plain one and beside what the machine can do."""
