"""Do GAN-made cell images help my classifier, by how much, how sure is that, and did the GAN just copy?"""

__version__ = "0.1.0"
